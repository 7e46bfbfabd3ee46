"""Files as rows of texts: any of the usual encodings and formats, in constant memory."""
