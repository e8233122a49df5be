"""An open binary file: on disk, or bytes in memory."""

from io import BufferedReader, BytesIO

BinaryFile = BufferedReader | BytesIO
