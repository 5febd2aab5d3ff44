fetch('/strict/ran?module');
