"""What tests share: a small domain, running members and projectors, and waiting for something to become true."""
