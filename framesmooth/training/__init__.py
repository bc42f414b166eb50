"""Training: data of one's own, a loop with a clock and checkpoints, and fine-tuning by LoRA."""
