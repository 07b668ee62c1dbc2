"""Workers, the manager that queues their jobs, and the store that keeps what they say."""
