"""The table of published data sets by name."""

from hondo.core.tables import Table
from hondo.data.layouts.capture_layouts import CAPTURES
from hondo.data.layouts.driving_layouts import DRIVING
from hondo.data.layouts.indoor_layouts import INDOOR
from hondo.data.layouts.layout import Layout
from hondo.data.layouts.open_layouts import OPEN

LAYOUTS: Table[Layout] = Table("data set", {layout.name: layout for layout in (*DRIVING, *INDOOR, *OPEN, *CAPTURES)})
