"""Cookies that a portal accumulates over the years, set on every page with or without consent."""

MONTH = 30 * 24 * 60 * 60


class Trackers:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.set_cookie("_ga", "GA1.1.1234567890.1700000000", max_age=24 * MONTH)
        response.set_cookie("_ga_ABCDEF", "GS1.1.1700000000", max_age=24 * MONTH)
        response.set_cookie("parcours", "jeux/42", max_age=MONTH, path="/")
        response.set_cookie("recommandations", "7", max_age=MONTH, httponly=True)
        if "_pk_id.1.abcd" not in request.COOKIES:
            response.set_cookie("_pk_id.1.abcd", "0123456789abcdef.1700000000.", max_age=12 * MONTH)
        # Left over from some experiment; nobody remembers which.
        response.set_cookie("ab_group", "B", max_age=12 * MONTH)
        return response
