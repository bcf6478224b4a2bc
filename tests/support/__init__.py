"""What tests share: joined ends, named waits, generators and readers of the source."""
