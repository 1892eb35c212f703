"""Carries frames between two devices, as a network does that delays, loses or swallows them.

network.py SEED DEVICE DEVICE. Each line `DELAY_MS LOSS_PERCENT` on standard input says how from then
on, and is answered; the end of the input ends it.
"""
import heapq
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_OUTGOING = 263, 15, 4
LONGEST_FRAME = 70_000


def attach(device):
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(ETH_P_ALL))
    # With the header that says which checksums are to be filled in, since a cable leaves that to us.
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.bind((device, 0))
    return end


def main():
    chance = random.Random(int(sys.argv[1]))
    one, other = ends = [attach(device) for device in sys.argv[2:4]]
    across = {one: other, other: one}
    delay, loss = 0.0, 0.0
    under_way, count = [], 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        for end in select.select([*ends, sys.stdin], [], [], wait)[0]:
            if end is sys.stdin:
                line = sys.stdin.readline()
                if not line:
                    return
                delay, loss = (float(word) for word in line.split())
                print("ready", flush=True)
                continue
            frame, address = end.recvfrom(LONGEST_FRAME)
            if address[2] != PACKET_OUTGOING and chance.random() * 100 >= loss:
                count += 1
                heapq.heappush(under_way, (time.monotonic() + delay / 1000, count, across[end], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(under_way)
            end.send(frame)


main()
