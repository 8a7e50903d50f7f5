"""Tables, ratios and quantiles."""

import os


def table(head, rows):
    """Lines up columns: the first to the left, the numbers to the right."""
    every = [head] + rows
    widths = [max(len(row[column]) for row in every) for column in range(len(head))]

    def line(cells):
        return "| " + " | ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths))
        ) + " |"

    rule = ["-" * (width - (column > 0)) + (":" if column else "") for column, width in enumerate(widths)]
    print("\n".join([line(head), "| " + " | ".join(rule) + " |"] + [line(row) for row in rows]) + "\n", flush=True)


def quantile(samples, part):
    """The value that this part of all samples does not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def ms(seconds):
    return f"{seconds * 1000:.2f} ms"


def mib(value):
    return f"{value:.1f} MiB"


def ratio(value, base):
    return f"{value / base:.2f} x" if base else "-"


def heading(text):
    """Says what comes, and how busy the machine is: ratios hold then, milliseconds do not."""
    print(f"{text} (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)\n", flush=True)
