"""The models: neurons, synapses. One model per file; `base` holds the words to declare one."""
