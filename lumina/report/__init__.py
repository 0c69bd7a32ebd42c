"""What a run was worth: statistics over its arrays, the summary, the picture."""
