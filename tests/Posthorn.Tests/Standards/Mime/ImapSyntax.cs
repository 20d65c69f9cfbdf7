using System.Text;

namespace Posthorn.Tests.Standards.Mime;

/// <summary>Strict reader of RFC 9051 §9's envelope and body: fails the test at the first octet that the grammar does not allow.</summary>
internal sealed class ImapSyntax(byte[] text)
{
    private int _position;

    public bool IsAtEnd => _position == text.Length;

    public void ReadEnvelope()
    {
        Expect("(");
        ReadNString();
        Expect(" ");
        ReadNString();
        for (int list = 0; list < 6; list++)
        {
            Expect(" ");
            ReadAddresses();
        }

        Expect(" ");
        ReadNString();
        Expect(" ");
        ReadNString();
        Expect(")");
    }

    /// <param name="isExtended">BODYSTRUCTURE, else BODY.</param>
    public void ReadBody(bool isExtended)
    {
        Expect("(");
        if (Next == '(')
        {
            while (Next == '(')
            {
                ReadBody(isExtended);
            }

            Expect(" ");
            ReadString();
            if (isExtended)
            {
                Expect(" ");
                ReadParameters();
                ReadCommonExtension();
            }
        }
        else
        {
            ReadPart(isExtended);
        }

        Expect(")");
    }

    private void ReadPart(bool isExtended)
    {
        string type = ReadString().ToUpperInvariant();
        Expect(" ");
        string subtype = ReadString().ToUpperInvariant();
        Expect(" ");
        ReadParameters();
        Expect(" ");
        ReadNString();
        Expect(" ");
        ReadNString();
        Expect(" ");
        ReadString();
        Expect(" ");
        ReadNumber();
        if (type == "TEXT")
        {
            Expect(" ");
            ReadNumber();
        }
        else if (type == "MESSAGE" && subtype is "RFC822" or "GLOBAL")
        {
            Expect(" ");
            ReadEnvelope();
            Expect(" ");
            ReadBody(isExtended);
            Expect(" ");
            ReadNumber();
        }

        if (isExtended)
        {
            Expect(" ");
            ReadNString();
            ReadCommonExtension();
        }
    }

    private void ReadCommonExtension()
    {
        Expect(" ");
        if (!TryNil())
        {
            Expect("(");
            ReadString();
            Expect(" ");
            ReadParameters();
            Expect(")");
        }

        Expect(" ");
        if (Next == '(')
        {
            Expect("(");
            ReadString();
            while (Next == ' ')
            {
                Expect(" ");
                ReadString();
            }

            Expect(")");
        }
        else
        {
            ReadNString();
        }

        Expect(" ");
        ReadNString();
    }

    private void ReadParameters()
    {
        if (TryNil())
        {
            return;
        }

        Expect("(");
        while (true)
        {
            ReadString();
            Expect(" ");
            ReadString();
            if (Next != ' ')
            {
                break;
            }

            Expect(" ");
        }

        Expect(")");
    }

    private void ReadAddresses()
    {
        if (TryNil())
        {
            return;
        }

        Expect("(");
        do
        {
            Expect("(");
            for (int part = 0; part < 4; part++)
            {
                Expect(part == 0 ? "" : " ");
                ReadNString();
            }

            Expect(")");
        }
        while (Next == '(');
        Expect(")");
    }

    private char Next => _position < text.Length ? (char)text[_position] : '\0';

    private bool TryNil()
    {
        if (!text.AsSpan(_position).StartsWith("NIL"u8))
        {
            return false;
        }

        _position += 3;
        return true;
    }

    private void ReadNString()
    {
        if (!TryNil())
        {
            ReadString();
        }
    }

    private long ReadNumber()
    {
        int start = _position;
        while (char.IsAsciiDigit(Next))
        {
            _position++;
        }

        return long.Parse(Encoding.ASCII.GetString(text, start, _position - start), System.Globalization.CultureInfo.InvariantCulture);
    }

    private string ReadString()
    {
        var value = new StringBuilder();
        if (Next == '{')
        {
            Expect("{");
            int length = (int)ReadNumber();
            Expect("}\r\n");
            value.Append(Encoding.Latin1.GetString(text, _position, length));
            _position += length;
            Assert.DoesNotContain('\0', value.ToString());
            return value.ToString();
        }

        Expect("\"");
        while (Next != '"')
        {
            if (Next == '\\')
            {
                _position++;
                Assert.True(Next is '"' or '\\');
            }

            Assert.True(Next is > '\0' and < '\x80' and not '\r' and not '\n');
            value.Append(Next);
            _position++;
        }

        Expect("\"");
        return value.ToString();
    }

    private void Expect(string expected)
    {
        Assert.True(
            text.AsSpan(_position).StartsWith(Encoding.ASCII.GetBytes(expected)),
            $"Expected {expected} at {_position} of {Encoding.Latin1.GetString(text)}");
        _position += expected.Length;
    }
}
