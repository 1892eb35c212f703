"""A strategy: asks every generator for the minute's signal, decides, and tells the trader."""
