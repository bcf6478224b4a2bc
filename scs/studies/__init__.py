"""Many programs on many patients: sweeps and cohorts, by processes or on a cluster, counted once each."""
