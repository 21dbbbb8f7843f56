# The chart of bench/run, which gives: dir, where the data files are; rows, of a table; version, of PostgreSQL.
# A data file's lines are NAME, VALUE and KIND, separated by tabs; KIND picks the colour.

set terminal svg size 900,640 font 'DejaVu Sans,Verdana,sans-serif,13' background '#ffffff'
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

stats dir . '/calls.dat' using 2 nooutput name 'calls'
stats dir . '/seconds.dat' using 2 nooutput name 'seconds'
stats dir . '/bytes.dat' using 2 nooutput name 'bytes'

set multiplot

# ---- cost of a call
set lmargin at screen 0.19; set rmargin at screen 0.95
set tmargin at screen 0.925; set bmargin at screen 0.46
set label 1 version . ': what a call costs, ns (log scale)' at screen 0.02,0.965 left font ',16' textcolor '#111111'
set logscale x
set xrange [1:calls_max * 2]
set yrange [calls_records - 0.4:-0.6]
set grid xtics linecolor rgb '#e6e6e6' linetype 1 linewidth 1
set ytics noenhanced
set xtics (1, 10, 100, 1000, 10000)
do for [i = 1:3] {
  at = word('0.62 0.72 0.86', i) + 0
  set object i rectangle from screen at,0.956 to screen at + 0.022,0.976 \
    fillcolor rgb (i == 1 ? ours : i == 2 ? theirs : floor) fillstyle solid 1 noborder
  set label i + 1 word('idgen PostgreSQL', i) . (i == 3 ? 'least possible' : '') at screen at + 0.03,0.966 left \
    textcolor '#333333'
}
first = 1; scale = 1; form = '%.1f'
plot dir . '/calls.dat' @bars:yticlabels(1) @filled, '' @marks
unset object; unset label
unset logscale

# ---- inserts
unset xtics; unset grid
set tmargin at screen 0.33; set bmargin at screen 0.03
set yrange [3.6:-0.6]
set label 1 sprintf('%.4g million rows inserted, s', rows / 1e6) at screen 0.02,0.365 left \
  font ',16' textcolor '#111111'
set rmargin at screen 0.50
set xrange [0:seconds_max * 1.25]
first = 0; form = '%.2f'
plot dir . '/seconds.dat' @bars:yticlabels(1) @filled, '' @marks
unset label 1

# ---- index size
scale = 1e-6; form = '%.0f'
set label 1 'size of the primary key, MB' at screen 0.57,0.365 left font ',16' textcolor '#111111'
set lmargin at screen 0.57; set rmargin at screen 0.95
set xrange [0:bytes_max * scale * 1.25]
unset ytics
plot dir . '/bytes.dat' @bars @filled, '' @marks
unset multiplot
