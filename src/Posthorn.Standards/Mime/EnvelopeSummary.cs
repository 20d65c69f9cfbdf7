using System.Globalization;
using System.Text;

namespace Posthorn.Standards.Mime;

/// <summary>What a list of messages shows of a stored ENVELOPE, decoded.</summary>
/// <param name="Subject">Empty where there is none.</param>
/// <param name="Sent">The Date field, in the sender's zone; null where it cannot be read.</param>
public sealed record EnvelopeSummary(string Subject, DateTimeOffset? Sent, IReadOnlyList<EnvelopeAddress> From, IReadOnlyList<EnvelopeAddress> To)
{
    private static readonly EnvelopeSummary Unknown = new("", null, [], []);

    /// <param name="envelope">As <see cref="MessageEnvelope.ToImapBytes"/> wrote it; what is none gives an empty summary.</param>
    /// <remarks>RFC 9051 §7.5.2.</remarks>
    public static EnvelopeSummary Read(ReadOnlySpan<byte> envelope)
    {
        var reader = new Reader(envelope);
        if (!reader.Take((byte)'('))
        {
            return Unknown;
        }

        byte[]? date = reader.Text(), subject = reader.Text();
        List<EnvelopeAddress> from = reader.Addresses();
        reader.Addresses();
        reader.Addresses();
        return new EnvelopeSummary(
            subject is null ? "" : HeaderText.Decode(subject), date is null ? null : DateText.Read(date), from, reader.Addresses());
    }

    /// <summary>Goes through the octets; where they are no ENVELOPE it finds nothing more.</summary>
    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public bool Take(byte octet)
        {
            _rest = _rest.TrimStart((byte)' ');
            bool isThere = !_rest.IsEmpty && _rest[0] == octet;
            _rest = isThere ? _rest[1..] : _rest;
            return isThere;
        }

        // nstring = quoted / literal / "NIL"
        public byte[]? Text()
        {
            if (Take((byte)'"'))
            {
                return Quoted();
            }

            if (!Take((byte)'{'))
            {
                _rest = _rest.StartsWith("NIL"u8) ? _rest[3..] : [];
                return null;
            }

            int end = _rest.IndexOf("}\r\n"u8);
            if (end < 0 || !int.TryParse(_rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int length) || length > _rest.Length - end - 3)
            {
                _rest = [];
                return null;
            }

            byte[] literal = _rest.Slice(end + 3, length).ToArray();
            _rest = _rest[(end + 3 + length)..];
            return literal;
        }

        public List<EnvelopeAddress> Addresses()
        {
            var found = new List<EnvelopeAddress>();
            if (!Take((byte)'('))
            {
                Text();
                return found;
            }

            while (Take((byte)'('))
            {
                byte[]? name = Text();
                Text();
                byte[]? mailbox = Text(), host = Text();
                Take((byte)')');
                // Without a host it begins or ends a group: RFC 9051 §7.5.2.
                if (mailbox is not null && host is not null)
                {
                    found.Add(new EnvelopeAddress(
                        name is null ? "" : HeaderText.Decode(name), $"{Encoding.UTF8.GetString(mailbox)}{(host.Length > 0 ? "@" : "")}{Encoding.UTF8.GetString(host)}"));
                }
            }

            Take((byte)')');
            return found;
        }

        private byte[] Quoted()
        {
            var text = new List<byte>();
            for (int i = 0; i < _rest.Length; i++)
            {
                if (_rest[i] == (byte)'"')
                {
                    _rest = _rest[(i + 1)..];
                    return [.. text];
                }

                i += _rest[i] == (byte)'\\' && i + 1 < _rest.Length ? 1 : 0;
                text.Add(_rest[i]);
            }

            _rest = [];
            return [.. text];
        }
    }
}

/// <param name="Name">As the sender wrote it; may be empty.</param>
/// <param name="Address">local-part@domain.</param>
public sealed record EnvelopeAddress(string Name, string Address)
{
    /// <summary>The name, or the address where there is none.</summary>
    public string Shown => Name.Length > 0 ? Name : Address;
}
