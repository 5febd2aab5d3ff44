fetch('/strict/ran?unsigned');
