"""The process behind `porchlight up`."""

import sys

from local.demo.run import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))
