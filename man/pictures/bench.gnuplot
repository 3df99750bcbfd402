# Plots what make bench measured: gnuplot -e "in='TSV'; out='SVG'" bench.gnuplot
# A bar for each program, wall time to the left and peak memory to the right.
set datafile separator "\t"
stats in using 3 skip 1 nooutput
rows = STATS_records
height = 90 + 34 * rows
set terminal svg size 1000,height font "sans-serif,14" background "white" dynamic
set output out
set multiplot layout 1,2 margins 0.42,0.97,(36.0 / height),(1 - 36.0 / height) spacing 0.04
set style fill solid 0.85 noborder
set boxwidth 0.7
set yrange [rows - 0.4 : -0.6]
set border 1
set grid xtics linecolor rgb "#dddddd"
set tics nomirror scale 0
unset key

label(n) = strcol(1) . ": " . strcol(2)
colour(name) = name[1:11] eq "contactsync" || name[1:5] eq "night" || name[1:5] eq "first" ? 0x2f6b3d : 0x8a9bad
set xtics font ",11"

set label 1 "wall time in seconds" at graph 0.5, screen 1 - 20.0 / height center
set xrange [0 : *]
set offsets 0, graph 0.18, 0, 0
plot in using (0.5 * $3):0:(0.5 * $3):(0.35):(colour(strcol(2))):ytic(label(0)) skip 1 with boxxyerror linecolor rgb variable, \
     in using 3:0:(sprintf("  %.2f", $3)) skip 1 with labels left font ",12"

set label 1 "peak memory in MiB" at graph 0.5, screen 1 - 20.0 / height center
set format y ""
plot in using (0.5 * $7):0:(0.5 * $7):(0.35):(colour(strcol(2))) skip 1 with boxxyerror linecolor rgb variable, \
     in using 7:0:(sprintf("  %.1f", $7)) skip 1 with labels left font ",12"
unset multiplot
