# The picture of inserts for docs/uuid.md. bench/run gives the same as for plot.gp.

stats dir . '/seconds.dat' using 2 nooutput name 'kinds'

# Bars are as thick as those of plot.gp's calls.
height = 94 + 36 * kinds_records
set terminal svg size 900,height font 'DejaVu Sans,Verdana,sans-serif,13' background '#ffffff'
load bench . '/bars.gp'

set multiplot
top = 1 - 76. / height; bottom = 18. / height; at = 1 - 22. / height; half = 6.4 / height
set label 9 version . ': primary keys of all kinds' at screen 0.02,at left font ',16' textcolor '#111111'
names = 'idgen others'; places = '0.62 0.72'
load bench . '/legend.gp'
at = 1 - 56. / height
load bench . '/inserts.gp'
unset multiplot
