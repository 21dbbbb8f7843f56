# The chart of bench/run, which gives: dir, where the data files are; bench, where this is; rows, of a table; version,
# of PostgreSQL.

set terminal svg size 900,640 font 'DejaVu Sans,Verdana,sans-serif,13' background '#ffffff'
load bench . '/bars.gp'

stats dir . '/calls.dat' using 2 nooutput name 'calls'

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
names = 'idgen PostgreSQL "least possible"'; places = '0.62 0.72 0.86'; at = 0.966; half = 0.01
load bench . '/legend.gp'
first = 1; scale = 1; form = '%.1f'
plot dir . '/calls.dat' @bars:yticlabels(1) @filled, '' @marks
unset object; unset label
unset logscale

# ---- inserts and index size
top = 0.33; bottom = 0.03; at = 0.365
load bench . '/inserts.gp'
unset multiplot
