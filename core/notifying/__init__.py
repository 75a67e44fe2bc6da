"""What people are told, and by which way each wants it: the bell, a mail at once, the day's digest, or not at all."""
