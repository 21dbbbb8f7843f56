# What the charts of bars have in common; plot.gp and uuid.gp load it. A data file's lines are NAME, VALUE and KIND,
# separated by tabs; KIND picks the colour.

set datafile separator '\t'
set style fill solid 1 noborder
set border 0
set tics scale 0 textcolor '#333333'
unset key

ours = 0x1f6fb4; theirs = 0x9aa3ad; floor = 0xd5d9de
colour(kind) = kind == 2 ? ours : kind == 1 ? theirs : floor

# Where a bar ends; noise may have put a value below where the axis begins.
to(value) = value * scale > first ? value * scale : first

# Bars lie on their side, so that names can be read; the value stands at the end of its bar.
bars = "using (to($2)):0:(first):(to($2)):($0 - 0.36):($0 + 0.36):(colour($3))"
filled = "with boxxyerror fillcolor rgb variable"
marks = "using (to($2)):0:(sprintf(form, $2 * scale)) with labels left offset 0.6,0 textcolor '#333333'"
