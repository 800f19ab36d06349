"""Why an entry changed (causes), and why it did not (checks): pure functions of what a lab recorded."""
