# The picture of what the designs of bench/type.sh take on disk. bench/run gives: data, the file; rows, of each table.
# Its lines are NAME and the bytes of table, primary key and index for time, separated by tabs.

set terminal svg size 900,260 font 'DejaVu Sans,Verdana,sans-serif,13' background '#ffffff'
set datafile separator '\t'
set style fill solid 1 noborder
set border 0
set tics scale 0 textcolor '#333333'
unset key
unset xtics

# The three parts, which differ in lightness, too.
colour(part) = part == 1 ? 0xd5d9de : part == 2 ? 0x1f6fb4 : 0xf0a030
ink(part) = part == 2 ? 0xffffff : 0x222222
begin(part) = sum [i = 2:part] column(i)
end(part) = begin(part + 1)

# What is too thin for a number goes without.
number(bytes) = bytes > all_max / 25 ? sprintf('%.0f', bytes / 1e6) : ''
total(bytes) = sprintf('%.0f, or %.0f bytes a row', bytes / 1e6, bytes / rows)

stats data using ($2 + $3 + $4) nooutput name 'all'

set lmargin at screen 0.21; set rmargin at screen 0.98
set tmargin at screen 0.84; set bmargin at screen 0.03
set xrange [0:all_max * 1.32]
set yrange [all_records - 0.4:-0.6]
set ytics noenhanced
set label 1 sprintf('%.4g million rows on disk, MB', rows / 1e6) at screen 0.02,0.92 left \
  font ',16' textcolor '#111111'
do for [part = 1:3] {
  at = word('0.50 0.60 0.75', part) + 0
  set object part rectangle from screen at,0.898 to screen at + 0.022,0.946 \
    fillcolor rgb colour(part) fillstyle solid 1 noborder
  set label part + 1 (part == 1 ? 'table' : part == 2 ? 'primary key' : 'index for time') \
    at screen at + 0.03,0.922 left textcolor '#333333'
}

# Bars lie on their side, so that names can be read; one part begins where the other ends.
plot \
  for [part = 1:3] data using (begin(part)):0:(begin(part)):(end(part)):($0 - 0.36):($0 + 0.36):yticlabels(1) \
    with boxxyerror fillcolor rgb colour(part), \
  for [part = 1:3] data using (begin(part) / 2 + end(part) / 2):0:(number(column(part + 1))) \
    with labels textcolor rgb ink(part), \
  data using (end(3)):0:(total(end(3))) with labels left offset 0.6,0 textcolor '#333333'
