"""The invented school: `python app.py demo` and the benchmarks make it, nobody in it exists."""
