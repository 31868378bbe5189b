"""Common Swedish password words. The word lists of zxcvbn are English (policy/passwords.py)."""

LISTED = """
lösenord lösen hemligt hemlig hemlighet sommar sommaren vinter vintern höst hösten vår våren
januari februari mars april maj juni juli augusti september oktober november december
måndag tisdag onsdag torsdag fredag lördag söndag midsommar jul julen påsk nyår
sverige svensk svenska stockholm göteborg malmö uppsala västerås örebro linköping helsingborg jönköping norrköping
lund umeå gävle borås södertälje eskilstuna halmstad växjö karlstad sundsvall luleå kalmar gotland skåne småland
hej hejsan hejhej välkommen tjena tjenare goddag godmorgon tack
älskling älskar kärlek sötnos gumman gubben vännen hjärtat solsken solros smultron blåbär jordgubbe
mamma pappa mormor farmor morfar farfar syster bror dotter familj familjen barnen
katt katten hund hunden häst hästen kanin björn varg räv fågel
fotboll hockey ishockey innebandy handboll hammarby djurgården aik malmöff ifkgöteborg frölunda färjestad brynäs
leksand skellefteå luleåhockey elfsborg
dator datorn skola skolan jobb jobbet kontor kontoret bil bilen båt båten hus huset stuga stugan hemma
kaffe fika öl godis choklad kanelbulle pannkaka köttbullar
admin administratör användare inloggning logga loggain konto kontot företag företaget arbete chef kund byt bytmig
ändra ändramig tillfällig tillfälligt ny nytt nyttlösenord mittlösenord
anna maria margareta elisabeth eva kristina birgitta karin elisabet marie ingrid christina linnea sofia kerstin
marianne lena helena emma johanna sara annika malin emelie hanna elin jenny ulla viktoria alice maja ebba
lars erik karl anders per johan mikael nils jan hans peter carl olof gustav gunnar sven fredrik daniel bengt bo
andreas mats stefan magnus alexander göran anton oskar oscar viktor henrik thomas tomas björn axel emil filip
andersson johansson karlsson nilsson eriksson larsson olsson persson svensson gustafsson pettersson jonsson
jansson hansson bengtsson lindberg lindström
"""
WORDS = tuple(LISTED.split())
