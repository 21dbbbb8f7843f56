measure_outbox() { :; }
