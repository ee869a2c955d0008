"""A table that is printed row by row, for whoever waits for it, and as Markdown when it is whole."""


class Table:
    def __init__(self, **columns):
        """Heads and their widths as text; the first column is set to the left."""
        self.columns = columns
        self.rows = []

    def add(self, *cells):
        if not self.rows:
            self.show(self.columns)
        self.rows.append(cells)
        self.show(cells)

    def show(self, cells):
        first, *others = zip(cells, self.columns.values())
        print(first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others), flush=True)

    def markdown(self):
        rows = [self.columns, ["---"] * len(self.columns), *self.rows]
        return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |\n" for row in rows)
