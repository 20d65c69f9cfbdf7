namespace Posthorn.Standards.Dns;

/// <summary>One mail exchanger. Lower preferences are tried first; an empty exchange is the root, "." (RFC 7505 §3).</summary>
public readonly record struct MxRecord(int Preference, string Exchange);
