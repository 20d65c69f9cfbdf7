namespace Posthorn.Standards.Dkim;

/// <summary>RFC 6376 §3.4.</summary>
public enum DkimCanonicalization
{
    Simple,
    Relaxed,
}
