using System.Diagnostics.CodeAnalysis;

namespace Posthorn.Standards.Dkim;

/// <summary>tag-list = tag-spec *( ";" tag-spec ) [ ";" ]: signatures and key records are written so.</summary>
/// <remarks>RFC 6376 §3.2. One character an octet.</remarks>
internal sealed class DkimTagList
{
    private const string Space = " \t\r\n";

    private readonly Dictionary<string, string> _tags = new(StringComparer.Ordinal);

    private DkimTagList()
    {
    }

    public string? this[string tag] => _tags.GetValueOrDefault(tag);

    /// <summary>False where a part is no tag, or a tag stands twice (RFC 6376 §3.2: the whole list is then invalid).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DkimTagList? list)
    {
        list = null;
        var read = new DkimTagList();
        string[] parts = text.Split(';');
        for (int at = 0; at < parts.Length; at++)
        {
            string part = parts[at].Trim(Space.ToCharArray());
            if (part.Length == 0 && at == parts.Length - 1)
            {
                break;
            }
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? "" : part[..equals].TrimEnd(Space.ToCharArray());
            if (name.Length == 0 || !char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            {
                return false;
            }
            if (!read._tags.TryAdd(name, part[(equals + 1)..].TrimStart(Space.ToCharArray())))
            {
                return false;
            }
        }
        list = read;
        return true;
    }

    /// <summary>A value in which white space has no meaning: base64, lists.</summary>
    public string? Compact(string tag) => this[tag] is { } value ? string.Concat(value.Where(c => !Space.Contains(c, StringComparison.Ordinal))) : null;
}
