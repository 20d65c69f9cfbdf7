using System.Text;
using CsCheck;
using MimeKit;
using Posthorn.Standards.Mime;

namespace Posthorn.Tests.Standards.Mime;

public sealed class BodyStructurePropertyTests
{
    [Fact]
    public void Any_octets_give_parts_inside_the_message_and_well_formed_responses() => MimeGen.Octets.Sample(octets =>
    {
        BodyStructure structure = BodyStructure.Parse(octets);

        for (int index = 0; index < structure.Count; index++)
        {
            BodyPart part = structure[index];
            OctetRange around = part.Parent < 0 ? new OctetRange(0, octets.Length) : structure[part.Parent].Body;
            Assert.InRange(part.Header.Start, around.Start, around.End);
            Assert.Equal(part.Header.End, part.Body.Start);
            Assert.InRange(part.Body.End, part.Body.Start, around.End);
            Assert.Equal(part.Kind is MediaKind.Multipart or MediaKind.Message, part.Next > index + 1);
            Assert.Equal(octets.AsSpan((int)part.Body.Start, (int)part.Body.Length).Count((byte)'\n'), part.Lines);
        }

        foreach (bool isExtended in (bool[])[false, true])
        {
            string text = BodyStructureTests.Written(structure, isExtended);
            var syntax = new ImapSyntax(Written(structure, isExtended));
            syntax.ReadBody(isExtended);
            Assert.True(syntax.IsAtEnd, text);
        }
    });

    [Fact]
    public void Stored_form_gives_the_same_structure() => MimeGen.Octets.Sample(octets =>
    {
        BodyStructure structure = BodyStructure.Parse(octets);
        byte[] stored = structure.ToBytes();
        BodyStructure read = BodyStructure.Read(stored)!;

        return read is not null && read.ToBytes().AsSpan().SequenceEqual(stored)
            && Written(read, true).AsSpan().SequenceEqual(Written(structure, true)) && BodyStructureTests.Numbers(read).SequenceEqual(BodyStructureTests.Numbers(structure));
    });

    [Fact]
    public void Damaged_stored_form_never_throws() =>
        Gen.Select(MimeGen.Octets, Gen.Int[0, 100_000], Gen.Byte).Sample((octets, at, value) =>
        {
            byte[] stored = BodyStructure.Parse(octets).ToBytes();
            stored[at % stored.Length] = value;
            BodyStructure? read = BodyStructure.Read(stored);
            Assert.True(read is null || Written(read, true).Length > 0);
        });

    [Fact]
    public void Windows_of_any_size_give_the_same_structure() =>
        Gen.Select(MimeGen.Octets, Gen.Int[1, 40]).Sample((octets, step) =>
        {
            using var scanner = new MimeScanner();
            int taken = 0;
            for (int end = 0; end < octets.Length; end = Math.Min(end + step, octets.Length))
            {
                taken += scanner.Consume(octets.AsSpan(taken, end - taken), isLast: false);
            }

            scanner.Consume(octets.AsSpan(taken), isLast: true);

            return scanner.Complete().ToBytes().AsSpan().SequenceEqual(BodyStructure.Parse(octets).ToBytes());
        });

    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    [InlineData(3_000_000)]
    public void A_stream_gives_the_same_structure(int lines)
    {
        var text = new StringBuilder("Subject: x\r\nX: ").Append('y', lines / 10).Append("\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
        for (int line = 0; line < lines / 10; line++)
        {
            text.Append("--lines\n");
        }

        byte[] octets = Encoding.ASCII.GetBytes(text.Append("\r\n--b\r\nA: ").Append('z', lines / 20).Append("\r\n\r\nx\r\n--b--").ToString());

        Assert.Equal(BodyStructure.Parse(octets).ToBytes(), BodyStructure.Parse(new MemoryStream(octets)).ToBytes());
    }

    [Fact]
    public void Agrees_with_MimeKit_on_well_formed_messages() => Tree(4).Sample(entity =>
    {
        var message = new MimeMessage { Subject = "x", Body = entity };
        using var stream = new MemoryStream();
        message.WriteTo(new FormatOptions { NewLineFormat = NewLineFormat.Dos }, stream);
        byte[] octets = stream.ToArray();
        List<string> expected = [], found = [];
        Describe(MimeMessage.Load(new MemoryStream(octets)).Body!, expected);

        BodyStructure structure = BodyStructure.Parse(octets);
        for (int index = 0; index < structure.Count; index++)
        {
            BodyPart part = structure[index];
            string body = part.Kind is MediaKind.Multipart or MediaKind.Message
                ? "" : Encoding.Latin1.GetString(octets, (int)part.Body.Start, (int)part.Body.Length);
            found.Add($"{Encoding.Latin1.GetString(part.Type)}/{Encoding.Latin1.GetString(part.Subtype)} {body}");
        }

        Assert.Equal(expected, found);
    }, iter: 300);

    private static Gen<MimeEntity> Tree(int depth)
    {
        Gen<MimeEntity> leaf = Gen.Select(Gen.String[Gen.Char["ab -\n"], 0, 60], Gen.Bool)
            .Select((text, isText) => (MimeEntity)new TextPart(isText ? "plain" : "html") { Text = text });
        if (depth == 0)
        {
            return leaf;
        }

        Gen<MimeEntity> multipart = Tree(depth - 1).Array[1, 4].Select(children =>
        {
            var made = new Multipart("mixed");
            Array.ForEach(children, made.Add);
            return (MimeEntity)made;
        });
        Gen<MimeEntity> message = Tree(depth - 1)
            .Select(child => (MimeEntity)new MessagePart("rfc822") { Message = new MimeMessage { Subject = "in", Body = child } });
        return Gen.Frequency((3, leaf), (4, multipart), (1, message));
    }

    private static void Describe(MimeEntity entity, List<string> parts)
    {
        string body = "";
        if (entity is MimePart { Content: { } content })
        {
            using var stream = new MemoryStream();
            content.WriteTo(stream);
            body = Encoding.Latin1.GetString(stream.ToArray());
        }

        parts.Add($"{entity.ContentType.MediaType}/{entity.ContentType.MediaSubtype} {body}");
        switch (entity)
        {
            case Multipart multipart:
                foreach (MimeEntity child in multipart)
                {
                    Describe(child, parts);
                }

                break;
            case MessagePart { Message: { } message }:
                Describe(message.Body!, parts);
                break;
        }
    }

    private static byte[] Written(BodyStructure structure, bool isExtended)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        if (isExtended)
        {
            structure.WriteBodyStructure(output);
        }
        else
        {
            structure.WriteBody(output);
        }

        return output.WrittenSpan.ToArray();
    }
}
