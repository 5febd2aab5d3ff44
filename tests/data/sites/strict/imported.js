fetch('/strict/ran?imported');
