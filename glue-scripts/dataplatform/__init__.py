"""What the platform's Glue jobs share: transforms, quality, counts and publishing."""
