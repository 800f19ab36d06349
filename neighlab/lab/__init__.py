"""The lab: a sandboxed Mininet of real namespaces, and the verbs that a story uses on its hosts."""
