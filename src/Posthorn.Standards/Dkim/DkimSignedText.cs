using System.Buffers;
using System.Security.Cryptography;

namespace Posthorn.Standards.Dkim;

/// <summary>The digest that a signature signs: the fields it names, then its own without the signature.</summary>
/// <remarks>RFC 6376 §3.7, §5.4.2: of several fields of a name the last one first; a name that has no field left adds nothing.</remarks>
internal static class DkimSignedText
{
    public static byte[] Digest(RawHeader header, IEnumerable<string> names, DkimCanonicalization form, RawHeader.Field own)
    {
        var byName = new Dictionary<string, Stack<RawHeader.Field>>(StringComparer.OrdinalIgnoreCase);
        foreach (RawHeader.Field field in header.Fields)
        {
            if (field.NameLength > 0)
            {
                string name = System.Text.Encoding.Latin1.GetString(field.Name);
                if (!byName.TryGetValue(name, out Stack<RawHeader.Field>? same))
                {
                    byName[name] = same = new Stack<RawHeader.Field>();
                }
                same.Push(field);
            }
        }
        var text = new ArrayBufferWriter<byte>(4096);
        foreach (string name in names)
        {
            if (byName.TryGetValue(name, out Stack<RawHeader.Field>? same) && same.TryPop(out RawHeader.Field field))
            {
                DkimHeaderForm.Write(field, form, last: false, text);
            }
        }
        DkimHeaderForm.Write(DkimHeaderForm.WithoutSignature(own), form, last: true, text);
        return SHA256.HashData(text.WrittenSpan);
    }
}
