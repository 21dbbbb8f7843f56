measure_metrics() { :; }
measure_first_calls() { :; }
