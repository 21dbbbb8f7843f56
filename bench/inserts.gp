# Two panels side by side: how long inserts took, and how large the primary key is. Loaded in a multiplot, with: top and
# bottom of the bars, and at, the height of the titles, all in parts of the screen.

set autoscale
stats dir . '/seconds.dat' using 2 nooutput name 'seconds'
stats dir . '/bytes.dat' using 2 nooutput name 'bytes'

unset xtics; unset grid
set ytics noenhanced
set tmargin at screen top; set bmargin at screen bottom
set yrange [seconds_records - 0.4:-0.6]
set label 1 sprintf('%.4g million rows inserted, s', rows / 1e6) at screen 0.02,at left \
  font ',16' textcolor '#111111'
set lmargin at screen 0.19; set rmargin at screen 0.50
set xrange [0:seconds_max * 1.25]
first = 0; scale = 1; form = '%.2f'
plot dir . '/seconds.dat' @bars:yticlabels(1) @filled, '' @marks
unset object; unset label

scale = 1e-6; form = '%.0f'
set label 1 'size of the primary key, MB' at screen 0.57,at left font ',16' textcolor '#111111'
set lmargin at screen 0.57; set rmargin at screen 0.95
set xrange [0:bytes_max * scale * 1.25]
unset ytics
plot dir . '/bytes.dat' @bars @filled, '' @marks
