"""swap.py A B: exchanges two names (renameat2 RENAME_EXCHANGE) as fast as it can, until it is killed."""
import ctypes, sys

renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
a, b = (name.encode() for name in sys.argv[1:3])
print('swapping', flush=True)
while True:
    renameat2(-100, a, -100, b, 2)
