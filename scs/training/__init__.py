"""Training: scenarios, the world that joins an emulated implant and a modelled patient, trainees, scoring."""
