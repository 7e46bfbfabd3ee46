"""Which addresses of the network are out there, and which are ours or nobody's."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# an IPv4 address inside an IPv6 one reaches the same machine through a gateway (RFC 6052)
_NAT64 = ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ip_network("64:ff9b:1::/48")


def is_public(text: str) -> bool:
    """False for whatever is not an ordinary machine of the internet.

    Loopback, private and link-local ranges, shared address space of providers (RFC 6598),
    metadata services, documentation, multicast, and all of these inside an IPv6 address.
    """
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        inner = _inside(address)
        if inner is not None:
            return is_public(str(inner))
        if address in _LOCAL_NAT64 or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or int(address) >> 32 == 0:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
