"""Results as sheets that come back: what a workbook or a CSV file that people filled in says."""
