"""System checks of the kernel; they grow with it."""
