# Draws where the time of an inserted row goes, for README.md, from the figures of a pgNN.csv:
#
#	awk -v version='PostgreSQL 18' -v rows=2000000 -f bench/overview.awk bench/results/pg18.csv >bench/results/pg18-overview.svg
#
# A bar is what a row of the table costs; its first part is what a call of the column's default costs by itself, and so
# the rest is that of the table, the index and the WAL. bench/run calls it with the results of its own.

BEGIN {
	FS = ","
	LEFT = 215; RIGHT = 770; TOP = 84; PITCH = 34; BAR = 22
	# What a bar is called, whether it is ours, and where the cost of its call is.
	add("bigserial", "bigserial", 0, "calls nextval cost")
	add("snowflake", "snowflake", 1, "calls snowflake_nextval cost")
	add("uuidv7", "idgen's uuidv7()", 1, "uuids uuidv7 call")
	add("ulid", "ulid()", 1, "uuids ulid call")
	add("pg_catalog.uuidv7", "PostgreSQL's uuidv7()", 0, "uuids pg_catalog.uuidv7 call")
	add("pg_uuidv7", "pg_uuidv7", 0, "uuids pg_uuidv7 call")
	add("gen_random_uuid", "gen_random_uuid()", 0, "uuids gen_random_uuid call")
}

function add(candidate, title, is_ours, call) {
	candidates[++count] = candidate; titles[count] = title; ours[count] = is_ours; calls[count] = call
}

{ value[$1 " " $2 " " $3] = $4 }

function put_text(x, y, style, text) { printf "  <text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y, style, text }

function put_box(x, y, width, height, style) {
	printf "  <rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n", x, y, width, height, style
}

function row_ns(i) { return value["inserts " candidates[i] " seconds"] / rows * 1e9 }

function put_bar(i, y,    whole, call, style) {
	whole = row_ns(i) * scale; call = value[calls[i]] * scale; style = ours[i] ? "ours" : "theirs"
	put_text(LEFT - 10, y + 16, ours[i] ? "name bold" : "name", titles[i])
	put_box(LEFT, y, whole, BAR, style)
	put_box(LEFT, y, call < 1 ? 1 : call, BAR, "call")
	put_text(LEFT + whole + 8, y + 16, "figure", sprintf("%.0f ns, call %.0f", row_ns(i), value[calls[i]]))
	put_text(965, y + 16, "size", sprintf("%.0f MB", value["inserts " candidates[i] " bytes"] / 1e6))
}

function put_style() {
	print "  <style>"
	print "    .paper { fill: #ffffff }"
	print "    .ours { fill: #1f6fb2 } .theirs { fill: #8b949e } .call { fill: #d9822b }"
	print "    .title { fill: #1b1f24; font-size: 16px; font-weight: bold }"
	print "    .name { fill: #1b1f24; font-size: 14px; text-anchor: end } .bold { font-weight: bold }"
	print "    .figure, .key { fill: #3d444d; font-size: 13px }"
	print "    .size { fill: #3d444d; font-size: 13px; text-anchor: end }"
	print "    @media (prefers-color-scheme: dark) {"
	print "      .paper { fill: #0d1117 } .ours { fill: #388bfd } .theirs { fill: #6e7681 }"
	print "      .title, .name { fill: #f0f3f6 } .figure, .key, .size { fill: #c9d1d9 }"
	print "    }"
	print "  </style>"
}

function put_key(x, style, text) {
	put_box(x, 46, 14, 14, style)
	put_text(x + 21, 58, "key", text)
}

END {
	for (i = 1; i <= count; i++)
		if (("inserts " candidates[i] " seconds") in value) {
			shown[++bars] = i
			if (row_ns(i) > most)
				most = row_ns(i)
		}
	scale = (RIGHT - LEFT) / most
	height = TOP + bars * PITCH + 4
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 980 %d\" role=\"img\" aria-labelledby=\"title\"\n", height
	print "  font-family=\"DejaVu Sans, Verdana, sans-serif\">"
	printf "  <title id=\"title\">Where the time of an inserted row goes, on %s</title>\n", version
	put_style()
	printf "  <rect width=\"980\" height=\"%d\" class=\"paper\"/>\n", height
	put_text(15, 26, "title", version ": where the time of an inserted row goes")
	put_text(965, 26, "size", "primary key of " rows / 1e6 " million rows")
	put_key(LEFT, "call", "the call that issues the ID")
	put_key(LEFT + 215, "ours", "table, index and WAL, with idgen's IDs")
	put_key(LEFT + 510, "theirs", "with others")
	for (i = 1; i <= bars; i++)
		put_bar(shown[i], TOP + (i - 1) * PITCH)
	print "</svg>"
}
