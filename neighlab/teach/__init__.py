"""An exercise is judged by what the kernel does afterwards, never by what the student typed."""
