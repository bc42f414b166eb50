"""The pages, a file each: what they ask for, and how that becomes a job."""
