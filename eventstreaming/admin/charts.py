"""Small charts: SVG whose colours come from the style sheet, without a script."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join

HEIGHT = 20


def bars(values: Sequence[int], label: str) -> str:
    """Return a bar for each value, the highest one as high as the chart."""
    top = max(values, default=0)
    if not top:
        return "-"
    shapes = format_html_join(
        "",
        '<rect x="{}" y="{}" width="1" height="{}"></rect>',
        (
            (at, round(HEIGHT - height, 2), round(height, 2))
            for at, value in enumerate(values)
            if (height := max(1.0, HEIGHT * value / top) if value else 0)
        ),
    )
    return format_html(
        '<svg class="es-chart" viewBox="0 0 {} {}" preserveAspectRatio="none" '
        'role="img" aria-label="{}"><title>{}</title>{}</svg>',
        len(values),
        HEIGHT,
        label,
        label,
        shapes,
    )
