using System.Net;

namespace Posthorn.Standards.Spf;

/// <summary>The arguments of check_host() (RFC 7208 §4.1) and what the macros need besides.</summary>
/// <param name="Address">The client. An IPv4 address mapped into IPv6 counts as IPv4.</param>
/// <param name="Domain">Whose record is asked first.</param>
/// <param name="Sender">local-part@domain; without a local-part it becomes postmaster's (RFC 7208 §4.3).</param>
/// <param name="Helo">What the client called itself.</param>
/// <param name="Receiver">Our own name, for the macro "r".</param>
public sealed record SpfQuery(IPAddress Address, string Domain, string Sender, string Helo, string Receiver)
{
    /// <summary>The MAIL FROM identity; for the null reverse-path postmaster at the HELO name (RFC 7208 §2.4).</summary>
    /// <param name="address">The client.</param>
    /// <param name="mailFrom">The reverse-path without angle brackets; empty for the null one.</param>
    /// <param name="helo">What the client called itself.</param>
    /// <param name="receiver">Our own name.</param>
    public static SpfQuery OfMailFrom(IPAddress address, string mailFrom, string helo, string receiver)
    {
        int at = mailFrom.LastIndexOf('@');
        string domain = at >= 0 ? mailFrom[(at + 1)..] : helo;
        return new SpfQuery(address, domain, at >= 0 ? mailFrom : $"postmaster@{helo}", helo, receiver);
    }
}
