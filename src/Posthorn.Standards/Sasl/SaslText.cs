using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Posthorn.Standards.Sasl;

/// <summary>Names and passwords inside messages: UTF-8, prepared.</summary>
internal static class SaslText
{
    /// <summary>RFC 4616 §2: up to 255 characters each; as octets of UTF-8.</summary>
    public const int MaxField = 1020;

    /// <summary>False: not UTF-8, prohibited, or empty once it is prepared (RFC 4616 §2 refuses that too).</summary>
    public static bool TryRead(ReadOnlySpan<byte> octets, [NotNullWhen(true)] out string? prepared)
    {
        prepared = null;
        return octets.Length is > 0 and <= MaxField
            && Utf8.IsValid(octets)
            && SaslPrep.TryPrepare(Encoding.UTF8.GetString(octets), out prepared)
            && prepared.Length > 0;
    }
}
