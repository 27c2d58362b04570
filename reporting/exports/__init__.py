"""What leaves the product as a file: tables as CSV and Excel."""
