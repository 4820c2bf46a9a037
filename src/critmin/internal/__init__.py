"""Small pieces that every room may use and no user needs."""
