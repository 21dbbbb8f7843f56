# What the colours of the bars mean, in a multiplot. Its caller gives: names, one for each colour; places, where they
# begin; and at and half, the height of their middle and half of what they are high, all in parts of the screen.
do for [i = 1:words(names)] {
  place = word(places, i) + 0
  set object i rectangle from screen place,at - half to screen place + 0.022,at + half \
    fillcolor rgb (i == 1 ? ours : i == 2 ? theirs : floor) fillstyle solid 1 noborder
  set label i + 1 word(names, i) at screen place + 0.03,at left textcolor '#333333'
}
