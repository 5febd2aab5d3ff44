document.documentElement.dataset.ran = document.querySelectorAll("p").length > 1 ? "yes" : "no";
