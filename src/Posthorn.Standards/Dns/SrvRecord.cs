namespace Posthorn.Standards.Dns;

/// <summary>Where a service of a domain is (RFC 2782). An empty target is the root, ".": the service is not offered.</summary>
public readonly record struct SrvRecord(int Priority, int Weight, int Port, string Target);
